# A private PgBouncer with transaction pooling, in front of the server of DATABASE_URL.
#
# In:  SERVICES; DATABASE_URL, given or of postgres.sh
# Out: PGBOUNCER_URL, for the role tenancy_test and every database: append a database's name
#
# It lets in tenancy_test, the plain role that the tests create, and the user of DATABASE_URL.
# On a server that asks for a password, tenancy_test's is its name.

pgbouncer_start() {
  local program
  program=$(find_program pgbouncer) || die 'found no pgbouncer'
  url_has_host "$DATABASE_URL" || die 'DATABASE_URL names no host: give PGBOUNCER_URL too'
  stop_leftover pgbouncer TERM pgbouncer
  free_port
  # Passwords may be inside.
  (umask 077 && pgbouncer_users >"$SERVICES/pgbouncer.users")
  pgbouncer_settings "$FREE_PORT" >"$SERVICES/pgbouncer.ini"
  give_to_server_user "$SERVICES/pgbouncer.users"
  launch pgbouncer TERM "$program" "$SERVICES/pgbouncer.ini"
  export PGBOUNCER_URL="postgres://tenancy_test@127.0.0.1:$FREE_PORT/"
}

pgbouncer_ready() {
  answers 127.0.0.1 "$(url_port "$PGBOUNCER_URL" 6432)"
}

pgbouncer_settings() {
  cat <<SETTINGS
[databases]
* = host=$(url_host "$DATABASE_URL") port=$(url_port "$DATABASE_URL" 5432)

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $1
unix_socket_dir =
auth_type = trust
auth_file = $SERVICES/pgbouncer.users
pool_mode = transaction
default_pool_size = 5
max_client_conn = 500
ignore_startup_parameters = extra_float_digits,options
log_connections = 0
log_disconnections = 0
SETTINGS
}

# "name" "password" a line; a quote inside is written twice.
pgbouncer_users() {
  local user password
  user=$(url_user "$DATABASE_URL")
  password=$(url_password "$DATABASE_URL")
  printf '"%s" "%s"\n' tenancy_test tenancy_test "${user//\"/\"\"}" "${password//\"/\"\"}"
}
