# A private Redis (or Valkey) that keeps nothing on disk.
#
# In:  SERVICES
# Out: REDIS_URL

redis_start() {
  local program
  program=$(find_program redis-server valkey-server) || die 'found no redis-server'
  stop_leftover redis TERM "$(basename "$program")"
  free_port
  launch redis TERM "$program" --bind 127.0.0.1 --port "$FREE_PORT" \
    --save '' --appendonly no --daemonize no
  export REDIS_URL="redis://127.0.0.1:$FREE_PORT"
}

redis_ready() {
  answers 127.0.0.1 "$(url_port "$REDIS_URL" 6379)"
}
