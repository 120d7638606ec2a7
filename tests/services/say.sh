# Messages and times. Standard output stays free for the command that runs.
#
# say TEXT      prints a line on standard error
# die TEXT      the same, and ends the run with status 1
# now           prints milliseconds; only differences mean something
# since START   prints the seconds since START with one decimal, as in "1.4 s"

say() {
  printf 'tests/run: %s\n' "$*" >&2
}

die() {
  say "$*"
  exit 1
}

now() {
  if [ -n "${EPOCHREALTIME:-}" ]; then
    # Microseconds once the decimal sign is gone, which is a comma in some locales.
    printf '%s\n' "$((${EPOCHREALTIME//[!0-9]/} / 1000))"
  else
    printf '%s\n' "$((SECONDS * 1000))"
  fi
}

since() {
  local tenths=$((($(now) - $1) / 100))
  printf '%d.%d s\n' "$((tenths / 10))" "$((tenths % 10))"
}
