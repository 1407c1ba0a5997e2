# shellcheck shell=bash
# The certificates of the local API server and its etcd. Sourced, after print.sh.
#
#   make_certificates FOLDER   ca, apiserver, etcd, admin (of system:masters), and what `certificates` names besides: .crt and .key
#                              each; service-accounts.key; once

certificate_names=IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc
declare -A certificates=()  # name to subject; for clients and servers

sign() {
  local folder=$1 name=$2 subject=$3 usage=$4
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 30 -subj "$subject" \
    -CA "$folder/ca.crt" -CAkey "$folder/ca.key" -keyout "$folder/$name.key" -out "$folder/$name.crt" \
    -addext basicConstraints=critical,CA:FALSE -addext "extendedKeyUsage=$usage" \
    -addext "subjectAltName=$certificate_names"
}

make_certificates() {
  local folder=$1 name
  [[ -e "$folder/complete" ]] && return
  (
    umask 077
    mkdir -p "$folder"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 30 -subj "/CN=lockkeeper-local" \
      -keyout "$folder/ca.key" -out "$folder/ca.crt"
    sign "$folder" apiserver "/CN=kube-apiserver" serverAuth,clientAuth
    sign "$folder" etcd "/CN=etcd" serverAuth,clientAuth
    sign "$folder" admin "/O=system:masters/CN=admin" clientAuth
    for name in "${!certificates[@]}"; do sign "$folder" "$name" "${certificates[$name]}" serverAuth,clientAuth; done
    openssl ecparam -genkey -name prime256v1 -noout -out "$folder/service-accounts.key"
    touch "$folder/complete"
  ) >>"$services/log/certificates.log" 2>&1 || die "the certificates could not be made; see $services/log/certificates.log"
}
