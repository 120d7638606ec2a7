# A private Postgres.
#
# In:  SERVICES
# Out: DATABASE_URL, for the superuser tenancy_admin and the database postgres
#
# Everybody on this machine may connect while it runs: it holds test data only. Nothing is
# flushed to disk: kill -9 of an application is tested, a power cut is not.

postgres_start() {
  local bin version
  bin=$(find_postgres_bin) || die 'found no folder with both postgres and initdb'
  version=$("$bin/postgres" --version)
  stop_leftover postgres INT postgres
  if fresh_data postgres "$version"; then
    run_quietly postgres "$bin/initdb" -D "$DATA" --username=tenancy_admin --auth=trust \
      --encoding=UTF8 --locale="$(utf8_locale)" --no-sync
    data_is_complete "$version"
  fi
  # Left behind by a killed container, it could name a process that is another program now.
  rm -f "$DATA/postmaster.pid"
  free_port
  postgres_settings "$FREE_PORT" >"$DATA/postgresql.conf"
  launch postgres INT "$bin/postgres" -D "$DATA"
  export DATABASE_URL="postgres://tenancy_admin@127.0.0.1:$FREE_PORT/postgres"
}

# The pid file's last line says so only once connections are answered.
postgres_ready() {
  grep -q '^ready' "$SERVICES/postgres/postmaster.pid" 2>/dev/null
}

postgres_settings() {
  cat <<SETTINGS
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = ''
max_connections = 200
# Many schemas in one transaction take many locks.
max_locks_per_transaction = 256
# In the data folder: /dev/shm is small in many containers.
dynamic_shared_memory_type = mmap
fsync = off
synchronous_commit = off
full_page_writes = off
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = error
log_line_prefix = '%m [%p] %u@%d '
SETTINGS
}

utf8_locale() {
  local name
  name=$(locale -a 2>/dev/null | grep -iE '^C\.utf-?8$' | head -n 1 || true)
  printf '%s\n' "${name:-C}"
}
