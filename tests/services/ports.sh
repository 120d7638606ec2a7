# Free ports on the loopback interface.
#
# free_port               sets FREE_PORT to a port that nothing answers on
# answers HOST PORT       is true when something accepts a connection there within seconds

# Handed out in this run, perhaps not yet listened on.
PORTS_TAKEN=' '

# Outside the range from which systems take the ports of outgoing connections.
free_port() {
  local attempt
  for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    FREE_PORT=$((20000 + RANDOM % 12000))
    case $PORTS_TAKEN in *" $FREE_PORT "*) continue ;; esac
    if ! answers 127.0.0.1 "$FREE_PORT"; then
      PORTS_TAKEN="$PORTS_TAKEN$FREE_PORT "
      return
    fi
  done
  die "found no free port on 127.0.0.1 in $attempt attempts"
}

answers() {
  local limit=()
  if command -v timeout >/dev/null; then limit=(timeout 5); fi
  # shellcheck disable=SC2016 # expanded by the inner shell
  ${limit[@]+"${limit[@]}"} bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null
}
