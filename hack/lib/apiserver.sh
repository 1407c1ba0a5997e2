# shellcheck shell=bash
# etcd and kube-apiserver on loopback: everything of Kubernetes but controllers and nodes. Sourced, after print.sh, processes.sh and
# certificates.sh; `services` is the folder, `kubernetes_bin` the folder of the binaries.
#
#   prepare_apiserver ETCD_PORT PORT   certificates and kubeconfig, on the first call
#   start_etcd ETCD_PORT               return when they answer
#   start_apiserver ETCD_PORT PORT
#   stop_etcd; stop_apiserver
#   compact_etcd ETCD_PORT             forgets all revisions but the newest
#
# There is no controller-manager, so namespaces have no default service account, Jobs do not run, and the objects of a deleted owner
# stay. A real node (node_init) has one, and says so in `apiserver_flags`.

apiserver_flags=(
  --bind-address=127.0.0.1 --endpoint-reconciler-type=none --authorization-mode=RBAC --disable-admission-plugins=ServiceAccount
  --service-cluster-ip-range=10.0.0.0/24
)

prepare_apiserver() {
  make_certificates "$services/kubernetes/pki"
  write_kubeconfig "$services/kubeconfig" "https://127.0.0.1:$2" admin
}

# By whichever of the certificates NAME is; a file that is there stays.
write_kubeconfig() {
  local file=$1 server=$2 name=$3 pki="$services/kubernetes/pki"
  [[ -e "$file" ]] && return
  (
    umask 077
    cat >"$file.new" <<EOF
apiVersion: v1
kind: Config
clusters:
- name: lockkeeper-local
  cluster:
    server: $server
    certificate-authority-data: $(base64 --wrap=0 "$pki/ca.crt")
users:
- name: $name
  user:
    client-certificate-data: $(base64 --wrap=0 "$pki/$name.crt")
    client-key-data: $(base64 --wrap=0 "$pki/$name.key")
contexts:
- name: lockkeeper-local
  context: {cluster: lockkeeper-local, user: $name}
current-context: lockkeeper-local
EOF
    mv "$file.new" "$file"
  )
}

# curl and not kubectl: it is asked again and again, and takes a tenth of the time.
ask() {
  local pki="$services/kubernetes/pki" name=$1 url=$2
  shift 2
  curl --silent --fail --max-time 5 --noproxy '*' --cacert "$pki/ca.crt" --cert "$pki/$name.crt" --key "$pki/$name.key" "$@" "$url"
}

start_etcd() {
  local port=$1 pki="$services/kubernetes/pki"
  start_server etcd "$kubernetes_bin/etcd" \
    --name=local --data-dir="$services/kubernetes/etcd" --unsafe-no-fsync --log-level=warn \
    --listen-client-urls="https://127.0.0.1:$port" --advertise-client-urls="https://127.0.0.1:$port" \
    --client-cert-auth --trusted-ca-file="$pki/ca.crt" --cert-file="$pki/etcd.crt" --key-file="$pki/etcd.key" \
    --listen-peer-urls=http://127.0.0.1:0
  wait_for etcd 60 ask etcd "https://127.0.0.1:$port/health"
}

compact_etcd() {
  local url="https://127.0.0.1:$1/v3" revision
  revision=$(ask etcd "$url/kv/range" --data '{"key":"AA=="}' | sed -n 's/.*"revision":"\([0-9]*\)".*/\1/p')
  [[ -n "$revision" ]] || die "etcd does not say its revision"
  ask etcd "$url/kv/compaction" --data "{\"revision\":\"$revision\",\"physical\":true}" >/dev/null || die "etcd does not compact"
}

is_apiserver_ready() {
  ask admin "https://127.0.0.1:$1/readyz" && ask admin "https://127.0.0.1:$1/api/v1/namespaces/default"
}

start_apiserver() {
  local etcd_port=$1 port=$2 pki="$services/kubernetes/pki"
  start_server apiserver "$kubernetes_bin/kube-apiserver" \
    "${apiserver_flags[@]}" --secure-port="$port" \
    --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" --client-ca-file="$pki/ca.crt" \
    --etcd-servers="https://127.0.0.1:$etcd_port" --etcd-cafile="$pki/ca.crt" --etcd-certfile="$pki/apiserver.crt" \
    --etcd-keyfile="$pki/apiserver.key" \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$pki/service-accounts.key" \
    --service-account-signing-key-file="$pki/service-accounts.key"
  wait_for apiserver 120 is_apiserver_ready "$port"
}

# Asked to end, it waits for its clients' watches, up to a minute. Two seconds are enough to see how a client takes it.
stop_apiserver() { stop_server apiserver TERM 2; }
stop_etcd() { stop_server etcd TERM 10; }
