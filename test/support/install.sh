#!/bin/sh
# Installs what the tests start beside the registry: PostgreSQL, and pgrep to find its processes.
set -eu

missing=
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
command -v pgrep >/dev/null 2>&1 || missing="$missing procps"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "Cannot install$missing: not root on Debian (want: sudo apt-get install -y$missing)" >&2
  exit 1
fi
echo "Installing$missing" >&2
apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
