# One run at a time in one target folder: two would share data folders.
#
# In:  TARGET, cargo's target folder
#
# take_lock   ends the run when another one holds the lock; the lock ends with this process
#
# With flock the lock is file descriptor 9. Whatever we start closes it, else a process left
# behind would hold the lock.

take_lock() {
  local lock=$TARGET/services.lock holder
  if command -v flock >/dev/null; then
    exec 9>>"$lock"
    if ! flock -n 9; then refuse_second_run "$(cat "$lock")"; fi
    printf '%s\n' "$$" >"$lock"
    return
  fi
  # Without flock (macOS): a link is made in one step, and its text is our process id.
  until ln -s "$$" "$lock.pid" 2>/dev/null; do
    holder=$(readlink "$lock.pid" || true)
    if [ -n "$holder" ] && kill -0 "$holder" 2>/dev/null; then refuse_second_run "$holder"; fi
    rm -f "$lock.pid"
  done
}

release_lock() {
  if [ "$(readlink "$TARGET/services.lock.pid" 2>/dev/null || true)" = "$$" ]; then
    rm -f "$TARGET/services.lock.pid"
  fi
}

refuse_second_run() {
  die "another tests/run (process $1) uses $TARGET/services: wait for it, or set CARGO_TARGET_DIR"
}
