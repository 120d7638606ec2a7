# Where the servers' programs are. Debian keeps Postgres out of PATH, and a normal user's PATH
# has no sbin.
#
# find_program NAME...    prints the path of the first of these programs that is installed
# find_postgres_bin       prints the folder that holds postgres and initdb, newest version first

find_program() {
  local name folder path
  for name in "$@"; do
    # The second test: bash may name a file that cannot run.
    if path=$(type -P "$name") && [ -x "$path" ]; then
      printf '%s\n' "$path"
      return
    fi
    for folder in /usr/sbin /usr/local/sbin /usr/local/bin /usr/libexec \
      /opt/homebrew/bin /opt/homebrew/sbin; do
      if [ -x "$folder/$name" ]; then
        printf '%s\n' "$folder/$name"
        return
      fi
    done
  done
  return 1
}

find_postgres_bin() {
  local folder folders
  folders=$(postgres_folders)
  while IFS= read -r folder; do
    if [ -x "$folder/postgres" ] && [ -x "$folder/initdb" ]; then
      printf '%s\n' "$folder"
      return
    fi
  done <<<"$folders"
  return 1
}

postgres_folders() {
  local program
  if program=$(type -P postgres); then dirname "$program"; fi
  # Debian and Ubuntu; Fedora and its kin; Homebrew on both kinds of Mac.
  # shellcheck disable=SC2012 # names without surprises, and sort needs lines
  ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
    /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin 2>/dev/null | sort -rV || true
}
