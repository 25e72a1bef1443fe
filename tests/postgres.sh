#!/bin/sh
# Runs a command with a throw-away PostgreSQL: tests/postgres.sh cargo test --test it
# Needs initdb and pg_ctl (Debian: apt-get install postgresql). Nothing of the system is touched:
# the cluster lives in a new folder, listens on 127.0.0.1 only, and is removed at the end.
set -eu

if [ "$#" -eq 0 ]; then
    echo "usage: tests/postgres.sh COMMAND [ARGUMENT...]" >&2
    exit 2
fi

# Debian keeps the server's programs out of PATH.
for folder in /usr/lib/postgresql/*/bin; do
    [ -d "$folder" ] && PATH="$PATH:$folder"
done
for program in initdb pg_ctl; do
    if ! command -v "$program" >/dev/null; then
        echo "tests/postgres.sh: $program is missing: install PostgreSQL's server" >&2
        exit 1
    fi
done

cluster=$(mktemp -d "${TMPDIR:-/tmp}/baton-postgres.XXXXXX")

# PostgreSQL refuses to run as root.
if [ "$(id -u)" -eq 0 ]; then
    owner=$(id -un postgres 2>/dev/null || echo nobody)
    chown "$owner" "$cluster"
    as_owner() { setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups env HOME="$cluster" "$@"; }
else
    as_owner() { "$@"; }
fi

finish() {
    status=$?
    trap - EXIT INT TERM
    (cd "$cluster" && as_owner pg_ctl stop -D "$cluster/data" -m immediate -s) >/dev/null 2>&1 || true
    rm -rf "$cluster"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

(cd "$cluster" && as_owner initdb -D data -U baton -A trust -E UTF8 --locale=C -N >initdb.log 2>&1) || {
    cat "$cluster/initdb.log" >&2
    exit 1
}

# A port that somebody else takes first is tried again with another.
port=$((20000 + $$ % 20000))
for _ in 1 2 3 4 5; do
    options="-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories= -c max_connections=200 -c fsync=off"
    if (cd "$cluster" && as_owner pg_ctl start -w -s -D data -l log -o "$options") >/dev/null 2>&1; then
        started=yes
        break
    fi
    port=$((port + 1))
done
if [ "${started:-no}" = no ]; then
    cat "$cluster/log" >&2
    exit 1
fi

BATON_TEST_POSTGRES_URL="postgres://baton@127.0.0.1:$port/postgres"
export BATON_TEST_POSTGRES_URL
"$@"
