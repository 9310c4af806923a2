{{- /* Settings: those that make the node what it is, then its own, then those of every node. */ -}}
{{- define "atlas.env" -}}
- { name: ATLAS_DATA_DIR, value: /data }
- { name: ATLAS_STREAM_REPLICAS, value: {{ .root.Values.streamReplicas | quote }} }
{{- if .serves }}
- { name: ATLAS_ROLE, value: {{ .component }} }
- { name: BIND_ADDR, value: "0.0.0.0:3001" }
- { name: ATLAS_METRICS_ADDR, value: "0.0.0.0:9464" }
- { name: ATLAS_DRAIN_DELAY_MS, value: "{{ .root.Values.drain.seconds }}000" }
- { name: ATLAS_SHUTDOWN_GRACE_MS, value: "{{ .root.Values.drain.graceSeconds }}000" }
- name: ATLAS_NODE_ID
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
{{- if .root.Values.tls.secretName }}
- { name: ATLAS_TLS_CERT, value: /etc/atlas/tls/tls.crt }
- { name: ATLAS_TLS_KEY, value: /etc/atlas/tls/tls.key }
{{- end }}
{{- end }}
{{- $own := .own }}
{{- range $name, $value := $own.env }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- range $name, $from := $own.secretEnv }}
- name: {{ $name }}
  valueFrom: { secretKeyRef: { name: {{ $from.name }}, key: {{ $from.key }} } }
{{- end }}
{{- range $name, $from := $own.secretFiles }}
- { name: {{ $name }}, value: "/etc/atlas/own/{{ $name }}/{{ $from.key }}" }
{{- end }}
{{- range $name, $value := .root.Values.env }}
{{- if not (or (hasKey $own.env $name) (hasKey $own.secretEnv $name) (hasKey $own.secretFiles $name)) }}
- { name: {{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}
{{- range $name, $from := .root.Values.secretEnv }}
{{- if not (or (hasKey $own.env $name) (hasKey $own.secretEnv $name) (hasKey $own.secretFiles $name)) }}
- name: {{ $name }}
  valueFrom: { secretKeyRef: { name: {{ $from.name }}, key: {{ $from.key }} } }
{{- end }}
{{- end }}
{{- range $name, $from := .root.Values.secretFiles }}
{{- if not (or (hasKey $own.env $name) (hasKey $own.secretEnv $name) (hasKey $own.secretFiles $name)) }}
- { name: {{ $name }}, value: "/etc/atlas/all/{{ $name }}/{{ $from.key }}" }
{{- end }}
{{- end }}
{{- end -}}

{{- define "atlas.mounts" -}}
- { name: data, mountPath: /data }
- { name: tmp, mountPath: /tmp }
{{- if .root.Values.tls.secretName }}
{{- if .serves }}
- { name: tls, mountPath: /etc/atlas/tls, readOnly: true }
{{- end }}
{{- end }}
{{- range $name, $from := .own.secretFiles }}
- { name: {{ $name | lower | replace "_" "-" | printf "own-%s" }}, mountPath: "/etc/atlas/own/{{ $name }}", readOnly: true }
{{- end }}
{{- range $name, $from := .root.Values.secretFiles }}
- { name: {{ $name | lower | replace "_" "-" | printf "all-%s" }}, mountPath: "/etc/atlas/all/{{ $name }}", readOnly: true }
{{- end }}
{{- if .backup }}
- { name: backup-key, mountPath: /etc/atlas/backup, readOnly: true }
{{- end }}
{{- end -}}

{{- /* Mode 288 is 0440: for the group of the pod, and nobody else. */ -}}
{{- define "atlas.volumes" -}}
{{- if not .claims }}
- name: data
  emptyDir: { sizeLimit: {{ .own.disk }} }
{{- end }}
- name: tmp
  emptyDir: { sizeLimit: 1Gi }
{{- if .root.Values.tls.secretName }}
{{- if .serves }}
- name: tls
  secret: { secretName: {{ .root.Values.tls.secretName }}, defaultMode: 288 }
{{- end }}
{{- end }}
{{- range $name, $from := .own.secretFiles }}
- name: {{ $name | lower | replace "_" "-" | printf "own-%s" }}
  secret:
    secretName: {{ $from.name }}
    defaultMode: 288
    items: [{ key: {{ $from.key }}, path: {{ $from.key }} }]
{{- end }}
{{- range $name, $from := .root.Values.secretFiles }}
- name: {{ $name | lower | replace "_" "-" | printf "all-%s" }}
  secret:
    secretName: {{ $from.name }}
    defaultMode: 288
    items: [{ key: {{ $from.key }}, path: {{ $from.key }} }]
{{- end }}
{{- if .backup }}
- name: backup-key
  secret:
    secretName: {{ .own.keySecret.name }}
    defaultMode: 288
    items: [{ key: {{ .own.keySecret.key }}, path: {{ .own.keySecret.key }} }]
{{- end }}
{{- end -}}

{{- /* A pod by the restricted profile, with one container. */ -}}
{{- define "atlas.pod" -}}
serviceAccountName: {{ .root.Release.Name }}-atlas-registry
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- if .serves }}
terminationGracePeriodSeconds: {{ add .root.Values.drain.seconds .root.Values.drain.graceSeconds 10 }}
topologySpreadConstraints:
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "atlas.selector" $ | nindent 8 }}
{{- end }}
{{- else }}
restartPolicy: OnFailure
{{- end }}
containers:
  - name: registry
    image: "{{ .root.Values.image.repository }}:{{ default .root.Chart.AppVersion .root.Values.image.tag }}"
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args: {{- toYaml .args | nindent 6 }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: { drop: [ALL] }
    env: {{- include "atlas.env" . | nindent 6 }}
    resources: {{- toYaml .own.resources | nindent 6 }}
    volumeMounts: {{- include "atlas.mounts" . | nindent 6 }}
{{- if .serves }}
{{- $scheme := "HTTP" }}
{{- if .root.Values.tls.secretName }}
{{- $scheme = "HTTPS" }}
{{- end }}
    ports:
      - { name: http, containerPort: 3001 }
      - { name: metrics, containerPort: 9464 }
    # It listens at once and builds its views meanwhile: only readiness waits for them.
    startupProbe:
      httpGet: { path: /healthz, port: http, scheme: {{ $scheme }} }
      periodSeconds: 5
      failureThreshold: 24
    livenessProbe:
      httpGet: { path: /healthz, port: http, scheme: {{ $scheme }} }
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    readinessProbe:
      httpGet: { path: /readyz, port: http, scheme: {{ $scheme }} }
      periodSeconds: 2
      timeoutSeconds: 2
      failureThreshold: 2
{{- end }}
volumes: {{- include "atlas.volumes" . | nindent 2 }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
