# The servers' programs: installed where that is allowed, else named.
#
# In:  DATABASE_URL, MYSQL_URL, REDIS_URL, REDIS_CLUSTER_URL, PGBOUNCER_URL where given: what they name is not needed
#
# provide_programs   installs what is missing with apt-get when root, or sudo without a password,
#                    may do so; else says what to install on this system and ends the run

provide_programs() {
  local missing
  missing=$(missing_servers)
  if [ -z "$missing" ]; then return; fi
  if ! command -v apt-get >/dev/null || ! as_root true 2>/dev/null; then say_what_to_install "$missing"; fi
  install_with_apt "$missing"
  missing=$(missing_servers)
  if [ -n "$missing" ]; then die "still missing after the installation:$missing"; fi
}

missing_servers() {
  if [ -z "${DATABASE_URL:-}" ]; then find_postgres_bin >/dev/null || printf ' postgres'; fi
  if [ -z "${MYSQL_URL:-}" ]; then find_program mariadbd >/dev/null || printf ' mariadb'; fi
  if [ -z "${REDIS_URL:-}" ] || [ -z "${REDIS_CLUSTER_URL:-}" ]; then
    find_program redis-server valkey-server >/dev/null || printf ' redis'
  fi
  if [ -z "${PGBOUNCER_URL:-}" ]; then find_program pgbouncer >/dev/null || printf ' pgbouncer'; fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_with_apt() {
  local packages start log=$TARGET/services-install.log
  packages=$(packages_for debian "$1")
  say "installing $packages"
  start=$(now)
  keep_services_stopped
  # shellcheck disable=SC2086 # a list of names
  if ! {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 update &&
      as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
        install -y --no-install-recommends $packages
  } </dev/null >"$log" 2>&1 9>&-; then
    tail -n 20 "$log" >&2
    die "apt-get failed; all of its output is in $log"
  fi
  let_services_start
  say "installed in $(since "$start")"
}

# Debian starts a server when its package is installed, unless this file says no.
POLICY=/usr/sbin/policy-rc.d
POLICY_IS_OURS=

keep_services_stopped() {
  if [ -e "$POLICY" ]; then return; fi
  POLICY_IS_OURS=yes
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$POLICY" >/dev/null
  as_root chmod 755 "$POLICY"
}

let_services_start() {
  if [ -n "$POLICY_IS_OURS" ]; then as_root rm -f "$POLICY"; fi
  POLICY_IS_OURS=
}

say_what_to_install() {
  local system command
  system=$(system_kind)
  case $system in
    debian) command='sudo apt-get install --no-install-recommends' ;;
    fedora) command='sudo dnf install' ;;
    arch) command='sudo pacman -S' ;;
    macos) command='brew install' ;;
    *) command='install with your package manager:' ;;
  esac
  say "these servers are missing:$1. Install them, or name running ones in DATABASE_URL,"
  say 'MYSQL_URL, REDIS_URL, REDIS_CLUSTER_URL and PGBOUNCER_URL. On this system:'
  say "    $command $(packages_for "$system" "$1")"
  exit 1
}

system_kind() {
  if [ "$(uname -s)" = Darwin ]; then
    echo macos
  elif command -v apt-get >/dev/null; then
    echo debian
  elif command -v dnf >/dev/null; then
    echo fedora
  elif command -v pacman >/dev/null; then
    echo arch
  else
    echo other
  fi
}

packages_for() {
  local server names=''
  # shellcheck disable=SC2086 # a list of names
  for server in $2; do
    case $1-$server in
      debian-mariadb | fedora-mariadb) server=mariadb-server ;;
      debian-postgres | arch-postgres | macos-postgres | other-postgres) server=postgresql ;;
      debian-redis) server=redis-server ;;
      fedora-postgres) server=postgresql-server ;;
      fedora-redis | arch-redis) server=valkey ;;
    esac
    names="$names $server"
  done
  printf '%s\n' "${names# }"
}
