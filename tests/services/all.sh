# All servers of a run.
#
# In:  DATABASE_URL, MYSQL_URL, REDIS_URL, REDIS_CLUSTER_URL, PGBOUNCER_URL where given; TARGET
# Out: the same five variables, exported; each names a server that answers
#
# start_servers   uses what is given and starts the rest; ends the run when one does not answer
# stop_servers    stops what start_servers started; false when a server had died before

start_servers() {
  local started=() start
  start=$(now)
  use_given DATABASE_URL 5432
  use_given MYSQL_URL 3306
  use_given REDIS_URL 6379
  use_given REDIS_CLUSTER_URL 6379
  use_given PGBOUNCER_URL 6432
  if [ -z "${DATABASE_URL:-}" ]; then started+=(postgres); fi
  if [ -z "${MYSQL_URL:-}" ]; then started+=(mariadb); fi
  if [ -z "${REDIS_URL:-}" ]; then started+=(redis); fi
  if [ -z "${REDIS_CLUSTER_URL:-}" ]; then started+=(redis_cluster); fi
  if [ -z "${PGBOUNCER_URL:-}" ]; then started+=(pgbouncer); fi
  if [ "${#started[@]}" = 0 ]; then return; fi
  mkdir -p "$TARGET"
  take_lock
  provide_programs
  open_directory
  start_each "${started[@]}"
  say "servers ready: ${started[*]}, $(since "$start")"
}

# They start side by side; PgBouncer connects only when asked to, so it need not wait.
start_each() {
  local name
  for name in "$@"; do "${name}_start"; done
  for name in "$@"; do await "$name"; done
}

stop_servers() {
  local status=0
  stop_launched || status=1
  let_services_start
  release_lock
  return "$status"
}

# use_given NAME PORT: a server that was named has to be there, else its tests could only fail.
use_given() {
  local url=${!1:-} host port
  if [ -z "$url" ]; then return; fi
  export "${1?}"
  if ! url_has_host "$url"; then return; fi
  host=$(url_host "$url")
  port=$(url_port "$url" "$2")
  answers "$host" "$port" || die "$1 is given, but nothing answers at $host port $port"
  say "$1 is given: $host port $port"
}
