# shellcheck shell=bash
# A real Kubernetes node, in namespaces of its own on this machine. Sourced, after print.sh, interrupt.sh, packages.sh, cache.sh, go.sh,
# kubernetes.sh, processes.sh and images.sh; `services` is the folder, `hack` the folder of the scripts.
#
#   why_no_node                why this machine cannot run one, or nothing; as root, and when `packages_node` are installed
#   start_node CGROUP NETWORK  NETWORK is the number of the link between machine and node
#   stop_node CGROUP NETWORK   returns when nothing of it is left but files
#   in_node COMMAND…           in its namespaces
#   load_images ARCHIVE…
#   free_network               a number whose link no other node on this machine has

# shellcheck disable=SC2034  # used by hack/node
node_tools=(kubectl kube-apiserver etcd kube-controller-manager kube-scheduler kubelet kube-proxy)
containerd=/run/containerd/containerd.sock  # seen from the node
cgroup_controllers=(cpu cpuacct cpuset memory devices freezer blkio pids systemd)

why_no_node() {
  local controller
  for controller in "${cgroup_controllers[@]}"; do
    [[ -w "/sys/fs/cgroup/$controller/cgroup.procs" ]] || { echo "it needs cgroups of version 1, and has no $controller" && return; }
  done
  unshare --net --mount --pid --fork true 2>/dev/null || { echo "it may not make namespaces" && return; }
  makes_network || { echo "it has no bridges, or no address translation" && return; }
  makes_overlay || echo "it has no overlay file system in ${TMPDIR:-/tmp}"
}

makes_network() { unshare --net sh -c 'ip link add name pods type bridge && iptables --table nat --new-chain lockkeeper' >/dev/null 2>&1; }

makes_overlay() {
  local folder status=0
  folder=$(mktemp -d)
  mkdir "$folder"/{lower,upper,work,merged}
  unshare --mount mount -t overlay -o "lowerdir=$folder/lower,upperdir=$folder/upper,workdir=$folder/work" overlay "$folder/merged" \
    2>/dev/null || status=1
  rm -rf "$folder"
  return "$status"
}

make_cgroups() {
  local controller folder
  for controller in "${cgroup_controllers[@]}"; do mkdir -p "/sys/fs/cgroup/$controller/$1"; done
  folder=/sys/fs/cgroup/cpuset
  cat "$folder/cpuset.cpus" >"$folder/$1/cpuset.cpus"  # a new set is empty
  cat "$folder/cpuset.mems" >"$folder/$1/cpuset.mems"
}

# A cgroup can be removed when its last process has been reaped, and the innermost first. There is also one in the hierarchy of version 2,
# which has no controllers here.
remove_cgroups() {
  local folders tries
  for ((tries = 0; tries < 100; tries++)); do
    mapfile -t folders < <(find /sys/fs/cgroup -mindepth 2 -maxdepth 2 -type d -name "$1")
    ((${#folders[@]})) || return 0
    find "${folders[@]}" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.1
  done
  say "these cgroups could not be removed: ${folders[*]}"
}

first_process() {
  local pid child
  pid=$(server_pid node) || return 1
  read -r child _ <"/proc/$pid/task/$pid/children" || true  # it has no line end
  [[ -n "$child" ]] && echo "$child"
}

start_node() {
  local cgroup=$1 network=$2
  make_cgroups "$cgroup"
  start_server node unshare --net --mount --pid --ipc --uts --fork --kill-child --propagation private --mount-proc \
    "$hack/lib/node_init" "$services" "$kubernetes_bin" "/$cgroup" "169.254.$network.1" "169.254.$network.2"
  wait_for node 30 first_process
  ip link add "lockkeeper$network" type veth peer name uplink netns "$(first_process)"
  ip address add "169.254.$network.1" peer "169.254.$network.2" dev "lockkeeper$network"
  ip link set "lockkeeper$network" up
  wait_for node 60 in_node ctr --address "$containerd" version
  load_images "$(pause_archive)"
  wait_for node 300 is_node_ready
}

is_node_ready() {
  [[ "$("$kubernetes_bin/kubectl" --kubeconfig "$services/kubeconfig" get node node --request-timeout 5s \
    --output 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" == True ]]
}

# The kernel ends every process of the namespace with its first one, and only then is that one gone, and unshare with it.
stop_node() {
  local cgroup=$1 network=$2 first
  first=$(first_process) && kill -KILL "$first"
  stop_server node CONT 20  # only waits; after that it ends unshare, which takes the first process with it
  ip link delete "lockkeeper$network" 2>/dev/null || true
  remove_cgroups "$cgroup"
}

in_node() {
  nsenter --target "$(first_process)" --net --mount --pid --ipc --uts "$@"
}

load_images() {
  local archive
  for archive; do in_node ctr --address "$containerd" --namespace k8s.io images import - <"$archive" >>"$services/log/images.log" 2>&1; done
}

pause_archive() { echo "$(cache_folder)/pause-$(sha256sum <"$hack/lib/pause.c" | cut -c 1-12).oci.tar"; }

build_pause() {
  local archive container work log
  archive=$(pause_archive) log=$(cache_folder)/image.log
  [[ -e "$archive" ]] && return
  work=$(mktemp -d)
  gcc -static -Os -s -o "$work/pause" "$hack/lib/pause.c"
  container=$(in_buildah from scratch)
  in_buildah add --quiet "$container" "$work/pause" /pause >>"$log"
  in_buildah config --entrypoint '["/pause"]' --user 65535:65535 "$container"
  in_buildah commit --rm --quiet --format oci "$container" localhost/pause:1 >>"$log"
  save_image localhost/pause:1 "$archive.$$" "$log"
  mv "$archive.$$" "$archive"
  rm -rf "$work"
}

free_network() {
  local network
  while network=$((SRANDOM % 254 + 1)); do
    [[ -e "/sys/class/net/lockkeeper$network" ]] || break
  done
  echo "$network"
}
