# The parts of a server's URL, such as postgres://user:secret@host:5432/name?option=1.
#
# url_host URL, url_user URL, url_password URL   print the part, or nothing
# url_port URL DEFAULT                           prints the port, or DEFAULT
# url_has_host URL                               is true unless the URL names a socket file

url_authority() {
  local rest=${1#*://}
  printf '%s\n' "${rest%%[/?#]*}"
}

url_address() {
  local authority
  authority=$(url_authority "$1")
  printf '%s\n' "${authority##*@}"
}

url_host() {
  local address
  address=$(url_address "$1")
  case $address in
    \[*) address=${address#\[} && printf '%s\n' "${address%%\]*}" ;;
    *) printf '%s\n' "${address%%:*}" ;;
  esac
}

url_port() {
  local address
  address=$(url_address "$1")
  case $address in
    *\]:* | [!\[]*:*) printf '%s\n' "${address##*:}" ;;
    *) printf '%s\n' "$2" ;;
  esac
}

url_userinfo() {
  local authority
  authority=$(url_authority "$1")
  case $authority in
    *@*) printf '%s\n' "${authority%@*}" ;;
  esac
}

url_user() {
  local userinfo
  userinfo=$(url_userinfo "$1")
  percent_decode "${userinfo%%:*}"
}

url_password() {
  local userinfo
  userinfo=$(url_userinfo "$1")
  case $userinfo in
    *:*) percent_decode "${userinfo#*:}" ;;
  esac
}

url_has_host() {
  [ -n "$(url_host "$1")" ]
}

percent_decode() {
  local text=${1//\\/\\\\}
  printf '%b\n' "${text//%/\\x}"
}
