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
