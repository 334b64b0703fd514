"""Human labels: what people say of outputs, kept beside the suites, so that judges can be measured against them."""
