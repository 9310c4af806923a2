#!/bin/sh
# Installs what the tests start beside the registry: PostgreSQL, nginx, Redis, Prometheus, a browser, groff, the shells zsh and
# fish, and pgrep to find their processes.
set -eu

missing=
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
command -v pgrep >/dev/null 2>&1 || missing="$missing procps"
[ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
[ -x /usr/bin/redis-server ] || missing="$missing redis-server"
[ -x /usr/bin/chromium ] || missing="$missing chromium"
[ -x /usr/bin/promtool ] || missing="$missing prometheus"
command -v groff >/dev/null 2>&1 || missing="$missing groff-base"
command -v zsh >/dev/null 2>&1 || missing="$missing zsh"
command -v fish >/dev/null 2>&1 || missing="$missing fish"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "Cannot install$missing: not root on Debian (want: sudo apt-get install -y$missing)" >&2
  exit 1
fi
echo "Installing$missing" >&2
# The packages of nginx, Redis and Prometheus start servers on ports 80, 6379 and 9090. Where nobody has said what may be started, nothing is,
# for as long as this takes.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
