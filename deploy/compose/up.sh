#!/bin/sh
# Starts or ends what docker-compose.yml describes, and says what is missing where it cannot: `up.sh up [cluster]`, `up.sh down`.
set -eu
cd "$(dirname "$0")/../.."

refuse() { printf 'Cannot run docker-compose.yml: %s\n' "$1" >&2; exit 1; }

action=${1:-up}
profile=${2:-}
case "$action" in up | down) ;; *) refuse "there is no action \"$action\" (want up or down)" ;; esac
case "$profile" in '' | cluster) ;; *) refuse "there is no profile \"$profile\" (want cluster, or none)" ;; esac

command -v docker >/dev/null 2>&1 ||
  refuse 'docker is not on PATH (want Docker Engine 24 or later with its plugin "compose"; without containers: make run, or make cluster)'
docker compose version >/dev/null 2>&1 ||
  refuse 'docker has no plugin "compose" (want the package docker-compose-plugin; without containers: make run, or make cluster)'
docker info >/dev/null 2>&1 ||
  refuse 'the Docker Engine does not answer (want it running, and this account in the group docker; without containers: make run, or make cluster)'

export COMPOSE_PROJECT_NAME="${COMPOSE_PROJECT_NAME:-atlas-registry}"
if [ "$action" = down ]; then
  # The volumes stay; `docker volume rm` is for those who want to lose the log.
  exec docker compose --profile cluster down
fi
if [ "$profile" = cluster ]; then
  docker compose --profile cluster up --build --detach --wait projector writer-1 writer-2 reader-1 reader-2
  echo 'Ready: write at http://127.0.0.1:3111 and :3112, read at http://127.0.0.1:3121 and :3122; make down ends it'
else
  docker compose up --build --detach --wait registry
  echo 'Ready at http://127.0.0.1:3001; make down ends it'
fi
