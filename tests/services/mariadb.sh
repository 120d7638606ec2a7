# A private MariaDB.
#
# In:  SERVICES
# Out: MYSQL_URL, for the user tenancy_admin, who may do everything, and the database mysql
#
# Nothing is flushed to disk, as with Postgres.

mariadb_start() {
  local program version
  program=$(find_program mariadbd) || die 'found no mariadbd'
  version=$("$program" --no-defaults --version 2>/dev/null)
  stop_leftover mariadb TERM mariadbd
  if fresh_data mariadb "$version"; then
    mariadb_install
    data_is_complete "$version"
  fi
  free_port
  mariadb_admin >"$SERVICES/mariadb.sql"
  # The socket's path is relative to the data folder: a full one is often too long.
  launch mariadb TERM "$program" --no-defaults \
    --datadir="$DATA" --socket=mariadb.sock --pid-file=mariadb.pid \
    --bind-address=127.0.0.1 --port="$FREE_PORT" --skip-name-resolve \
    --init-file="$SERVICES/mariadb.sql" --max-connections=200 \
    --character-set-server=utf8mb4 --default-time-zone=+00:00 \
    --innodb-flush-log-at-trx-commit=0 --skip-innodb-doublewrite --skip-log-bin
  export MYSQL_URL="mysql://tenancy_admin@127.0.0.1:$FREE_PORT/mysql"
}

mariadb_ready() {
  grep -q 'ready for connections' "$SERVICES/mariadb.log" 2>/dev/null
}

mariadb_install() {
  local program
  program=$(find_program mariadb-install-db) || die 'found no mariadb-install-db'
  run_quietly mariadb "$program" --no-defaults --datadir="$DATA" \
    --auth-root-authentication-method=normal --skip-test-db \
    --innodb-flush-log-at-trx-commit=0 --skip-innodb-doublewrite
}

# Runs at each start. One statement a line: the server reads the file that way.
mariadb_admin() {
  cat <<'SQL'
CREATE USER IF NOT EXISTS tenancy_admin@'127.0.0.1';
GRANT ALL PRIVILEGES ON *.* TO tenancy_admin@'127.0.0.1' WITH GRANT OPTION;
SQL
}
