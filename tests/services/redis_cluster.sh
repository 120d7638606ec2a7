# A private Redis Cluster: three primaries, a replica of each, nothing on disk.
#
# In:  SERVICES
# Out: REDIS_CLUSTER_URL, which names the primaries

CLUSTER_SERVERS='redis_cluster redis_cluster_2 redis_cluster_3 redis_cluster_4 redis_cluster_5 redis_cluster_6'
CLUSTER_PORTS=()
CLUSTER_IS_MADE=

redis_cluster_start() {
  local program name port
  program=$(find_program redis-server valkey-server) || die 'found no redis-server'
  for name in $CLUSTER_SERVERS; do
    stop_leftover "$name" TERM "$(basename "$program")"
    # It remembers the cluster of an earlier run, on other ports.
    rm -f "$SERVICES/$name.nodes"
    free_port
    port=$FREE_PORT
    free_port
    launch "$name" TERM "$program" --bind 127.0.0.1 --port "$port" --cluster-port "$FREE_PORT" \
      --cluster-enabled yes --cluster-config-file "$name.nodes" --cluster-node-timeout 5000 \
      --save '' --appendonly no --daemonize no
    CLUSTER_PORTS+=("$port")
  done
  export REDIS_CLUSTER_URL="redis-cluster://127.0.0.1:${CLUSTER_PORTS[0]},127.0.0.1:${CLUSTER_PORTS[1]},127.0.0.1:${CLUSTER_PORTS[2]}"
}

redis_cluster_ready() {
  local port
  for port in "${CLUSTER_PORTS[@]}"; do answers 127.0.0.1 "$port" || return 1; done
  if [ -z "$CLUSTER_IS_MADE" ]; then
    CLUSTER_IS_MADE=yes
    run_quietly redis_cluster_make "$(cluster_cli)" --cluster create "${CLUSTER_PORTS[@]/#/127.0.0.1:}" \
      --cluster-replicas 1 --cluster-yes
  fi
  for port in "${CLUSTER_PORTS[@]}"; do
    "$(cluster_cli)" -p "$port" cluster info 2>/dev/null | grep '^cluster_state:ok' >/dev/null || return 1
  done
  # Each primary has its replica, which hears of all that is written.
  for port in "${CLUSTER_PORTS[@]:0:3}"; do
    "$(cluster_cli)" -p "$port" info replication 2>/dev/null | grep 'state=online' >/dev/null || return 1
  done
}

cluster_cli() {
  find_program redis-cli valkey-cli || die 'found no redis-cli'
}
