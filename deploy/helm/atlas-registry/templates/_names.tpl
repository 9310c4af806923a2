{{- define "atlas.labels" -}}
app.kubernetes.io/name: atlas-registry
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end -}}

{{- define "atlas.selector" -}}
app.kubernetes.io/name: atlas-registry
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- /* Whatever the release has started. */ -}}
{{- define "atlas.release" -}}
app.kubernetes.io/name: atlas-registry
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
