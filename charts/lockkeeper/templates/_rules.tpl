{{- /* What the controller may do where Migrations are. Secrets: get alone, by name; whoever may list or watch them may read them all. */ -}}
{{- define "lockkeeper.rules" -}}
- apiGroups: [lockkeeper.dev]
  resources: [migrations]
  verbs: [get, list, watch]
- apiGroups: [lockkeeper.dev]
  resources: [migrations/status]
  verbs: [patch]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
{{- end -}}

{{- /* What it may do for the election of a leader, in the release's namespace. A right to create cannot be limited to a name. */ -}}
{{- define "lockkeeper.leaseRules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ include "lockkeeper.fullname" . }}]
  verbs: [get, list, watch, update]
{{- end -}}
