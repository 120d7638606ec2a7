# The user that the servers run as. Postgres, MariaDB and PgBouncer refuse to run as root.
#
# choose_server_user DIR       sets SERVER_USER: ours, or as root the owner of DIR or a system user;
#                              and AS_SERVER_USER, the words in front of a command that runs as it
# as_server_user CMD...        runs a command as that user
# give_to_server_user PATH...  hands files over to that user

choose_server_user() {
  local owner='' name
  SERVER_USER=$(id -un)
  AS_SERVER_USER=()
  if [ "$(id -u)" != 0 ]; then return; fi
  command -v setpriv >/dev/null || die 'running as root needs setpriv, of the package util-linux'
  # A link leads out of the checkout, where the owner could be anybody.
  if [ ! -L "$1" ]; then owner=$(stat -c %U "$1" 2>/dev/null || true); fi
  for name in "$owner" postgres mysql redis nobody; do
    case $name in '' | root | UNKNOWN) continue ;; esac
    if id -u "$name" >/dev/null 2>&1; then
      SERVER_USER=$name
      AS_SERVER_USER=(setpriv --reuid "$name" --regid "$(id -g "$name")" --init-groups --)
      return
    fi
  done
  die 'running as root, and there is no user such as postgres that the servers could run as'
}

as_server_user() {
  ${AS_SERVER_USER[@]+"${AS_SERVER_USER[@]}"} "$@"
}

give_to_server_user() {
  if [ "$(id -u)" = 0 ]; then chown -R -- "$SERVER_USER" "$@"; fi
}
