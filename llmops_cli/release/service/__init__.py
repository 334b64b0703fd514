"""The config service: releases over HTTP. It never renders a prompt and never makes a path from an id."""
