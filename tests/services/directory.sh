# Where the servers keep data, logs and pid files: services/ in cargo's target folder.
#
# In:  TARGET, cargo's target folder, which exists
# Out: SERVICES, the physical path; SERVER_USER is chosen on the way
#
# open_directory           finds or makes it
# fresh_data NAME VERSION  sets DATA to NAME's data folder; true when it has to be filled anew:
#                          there is none, filling was cut short, or another version filled it
# data_is_complete VERSION marks DATA as filled

open_directory() {
  choose_server_user "$TARGET/services"
  forget_foreign_link
  mkdir -p "$TARGET/services"
  SERVICES=$(cd "$TARGET/services" && pwd -P)
  give_to_server_user "$SERVICES"
  if ! reachable "$SERVICES"; then move_out_of_private_folder; fi
}

# A link of ours whose folder is gone, or was replaced by somebody else, is no longer ours.
forget_foreign_link() {
  local link=$TARGET/services
  if [ -L "$link" ] && [ -z "$(find -H "$link" -maxdepth 0 -user "$SERVER_USER" 2>/dev/null)" ]; then
    rm "$link"
  fi
}

reachable() {
  as_server_user test -w "$1"
}

# A checkout below a folder such as /root cannot be entered by the servers' user.
move_out_of_private_folder() {
  if [ "$(id -u)" != 0 ]; then
    die "$SERVICES belongs to somebody else: remove it, or set CARGO_TARGET_DIR"
  fi
  SERVICES=$(mktemp -d /tmp/tenancy-services.XXXXXX)
  give_to_server_user "$SERVICES"
  rm -rf "$TARGET/services"
  ln -s "$SERVICES" "$TARGET/services"
  reachable "$SERVICES" || die "the user $SERVER_USER cannot write to $SERVICES"
}

fresh_data() {
  DATA=$SERVICES/$1
  if [ "$(cat "$DATA.version" 2>/dev/null)" = "$2" ]; then return 1; fi
  rm -rf "$DATA" "$DATA.version"
  mkdir "$DATA"
  chmod 700 "$DATA"
  give_to_server_user "$DATA"
}

data_is_complete() {
  printf '%s\n' "$1" >"$DATA.version"
}
