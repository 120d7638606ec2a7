# Processes that this run starts, and their end.
#
# exec_in_group CMD...   becomes the command, in a process group of its own
# run_in_group CMD...    runs the command so, waits, and ends what it left behind
# stop_group             ends the command that runs now, with all of its group
# is_alive PID           is true while the process runs
# stop_process PID SIG   sends a process the signal SIG to end it, and after 20 s makes it end
#
# Out: GROUP, the process group of the command that runs now

GROUP=

# Ctrl-C at the terminal must reach this shell alone: it then ends the tests first and their
# servers after them.
exec_in_group() {
  # A shell starts background commands with these ignored, and they would inherit it.
  trap - INT QUIT
  if command -v setsid >/dev/null; then exec setsid "$@"; fi
  exec perl -e 'setpgrp(0, 0); exec @ARGV or die "$ARGV[0]: $!\n"' -- "$@"
}

run_in_group() {
  local status=0
  if [ -t 0 ]; then
    # A background group that reads the terminal would be stopped by it.
    (exec_in_group "$@") </dev/null 9>&- &
  else
    (exec_in_group "$@") <&0 9>&- &
  fi
  GROUP=$!
  wait "$GROUP" || status=$?
  stop_group
  return "$status"
}

stop_group() {
  if [ -z "$GROUP" ]; then return; fi
  # The second form is for a command that has not reached its group yet.
  kill -s TERM -- "-$GROUP" 2>/dev/null || kill -s TERM "$GROUP" 2>/dev/null || true
  if gone_within 15 "$GROUP"; then gone_within 2 "-$GROUP" || true; fi
  kill -s KILL -- "-$GROUP" 2>/dev/null || true
  wait "$GROUP" 2>/dev/null || true
  GROUP=
}

is_alive() {
  [ -n "$1" ] && kill -0 -- "$1" 2>/dev/null && ! is_zombie "$1"
}

# An orphan that has ended stays visible until the first process collects it, which in many
# containers takes seconds, or for ever.
is_zombie() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  case ${stat##*) } in Z*) return 0 ;; *) return 1 ;; esac
}

stop_process() {
  kill -s "$2" "$1" 2>/dev/null || return 0
  if ! gone_within 20 "$1"; then
    kill -s KILL "$1" 2>/dev/null || true
    gone_within 2 "$1" || true
  fi
}

# gone_within SECONDS PID: false when the process, or the group if negative, is still there.
gone_within() {
  local start
  start=$(now)
  while is_alive "$2"; do
    if [ $(($(now) - start)) -gt $(($1 * 1000)) ]; then return 1; fi
    sleep 0.05
  done
}
