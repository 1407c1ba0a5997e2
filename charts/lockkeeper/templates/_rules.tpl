{{- /* What the controller may do where Migrations are. Secrets: not at all where only Jobs run, and otherwise get alone, by name; whoever may
list or watch them may read them all. */ -}}
{{- define "lockkeeper.rules" -}}
- apiGroups: [lockkeeper.dev]
  resources: [migrations]
  verbs: [get, list, watch]
- apiGroups: [lockkeeper.dev]
  resources: [migrations/status]
  verbs: [patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, list, watch, create, delete]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list]
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
- apiGroups: [""]
  resources: [events]
  verbs: [list]
{{- if .Values.inProcess.enabled }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get]
{{- end }}
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
