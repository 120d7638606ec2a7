# A server that this run starts: its process, its log, its end.
#
# In:  SERVICES, TARGET; SERVER_USER
#
# launch NAME SIGNAL CMD...          starts a server as SERVER_USER; SIGNAL asks it to stop. It
#                                    writes to SERVICES/NAME.log, its id is in SERVICES/NAME.pid
# await NAME                         waits until NAME_ready; else shows the log and ends the run
# stop_leftover NAME SIGNAL PROGRAM  stops what a killed run left behind
# stop_launched                      stops what was launched, last first; false when one had died
# run_quietly NAME CMD...            runs a preparing command so, with its output in the log

# "NAME SIGNAL" of each server that was launched.
LAUNCHED=()
# The server whose failure was shown already.
FAILED=

launch() {
  local name=$1 signal=$2
  shift 2
  (
    cd "$SERVICES" && exec_in_group ${AS_SERVER_USER[@]+"${AS_SERVER_USER[@]}"} "$@"
  ) </dev/null >"$SERVICES/$name.log" 2>&1 9>&- &
  printf '%s\n' "$!" >"$SERVICES/$name.pid"
  LAUNCHED+=("$name $signal")
}

await() {
  local name=$1 start
  start=$(now)
  until "${name}_ready"; do
    if ! is_alive "$(server_pid "$name")"; then fail_with_log "$name" 'did not start'; fi
    if [ $(($(now) - start)) -gt 60000 ]; then fail_with_log "$name" 'is not ready after 60 s'; fi
    sleep 0.05
  done
}

stop_launched() {
  local index name signal pid status=0
  for ((index = ${#LAUNCHED[@]} - 1; index >= 0; index--)); do
    name=${LAUNCHED[index]% *}
    signal=${LAUNCHED[index]#* }
    pid=$(server_pid "$name")
    if is_alive "$pid"; then
      stop_process "$pid" "$signal"
    elif [ "$name" != "$FAILED" ]; then
      show_log "$name" 'ended during the run'
      status=1
    fi
    rm -f "$SERVICES/$name.pid"
  done
  LAUNCHED=()
  return "$status"
}

stop_leftover() {
  local pid
  pid=$(server_pid "$1")
  if is_alive "$pid" && [ "$(program_of "$pid")" = "$3" ]; then
    say "stopping $1 (process $pid), which an earlier run left behind"
    stop_process "$pid" "$2"
  fi
  rm -f "$SERVICES/$1.pid"
}

run_quietly() {
  local name=$1
  shift
  if ! (cd "$SERVICES" && as_server_user "$@") </dev/null >"$SERVICES/$name.log" 2>&1 9>&-; then
    fail_with_log "$name" "could not be prepared ($1 failed)"
  fi
}

server_pid() {
  cat "$SERVICES/$1.pid" 2>/dev/null || true
}

# Asked before a leftover is stopped: its process id may belong to another program by now.
program_of() {
  if [ -r "/proc/$1/comm" ]; then
    cat "/proc/$1/comm"
  else
    basename "$(ps -o comm= -p "$1")"
  fi
}

fail_with_log() {
  FAILED=$1
  show_log "$@"
  die "to start from nothing, remove $SERVICES"
}

show_log() {
  say "$1 $2; the end of $TARGET/services/$1.log:"
  tail -n 20 "$SERVICES/$1.log" >&2 || true
}
