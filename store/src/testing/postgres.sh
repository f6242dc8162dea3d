# Runs a throw-away PostgreSQL for as long as standard input stays open: when the test process
# ends, however it ends, the pipe closes, and the server and its files go.
#
# Says "ready <folder>" once the server accepts connections on a socket in <folder>; it listens
# on no network address, so that servers of several test processes never meet.
set -eu
cd /

find_bin() {
    for bin in "$(pg_config --bindir 2>/dev/null || true)" \
        $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV); do
        if [ -x "$bin/initdb" ] && [ -x "$bin/pg_ctl" ]; then
            echo "$bin"
            return
        fi
    done
    echo "no PostgreSQL server found; install it, for instance: apt-get install postgresql" >&2
    exit 3
}

bin=$(find_bin)

# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ] && [ -z "${RAMPA_TEST_DROPPED:-}" ]; then
    RAMPA_TEST_DROPPED=1 exec setpriv --reuid=postgres --regid=postgres --clear-groups \
        sh -c "$RAMPA_TEST_SCRIPT"
fi

# A socket's path is limited to about a hundred characters, so TMPDIR is not asked.
dir=$(mktemp -d /tmp/rampa-postgres.XXXXXX)
cleanup() {
    "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap cleanup EXIT
trap '' INT TERM HUP PIPE

if ! "$bin/initdb" -D "$dir/data" -U rampa -A trust -E UTF8 --locale=C --no-sync \
    >"$dir/log" 2>&1; then
    cat "$dir/log" >&2
    exit 4
fi
cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$dir'
max_connections = 400
shared_buffers = 32MB
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
CONF
if ! "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 300 start >/dev/null 2>&1; then
    cat "$dir/log" >&2
    exit 5
fi

echo "ready $dir"
cat >/dev/null
