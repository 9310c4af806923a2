{{- /* What every role has: a service, a disruption budget, and, where it is asked for, a scaler. */ -}}
{{- define "atlas.companions" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .root.Release.Name }}-{{ .component }}
  labels: {{- include "atlas.labels" . | nindent 4 }}
spec:
  type: ClusterIP
  selector: {{- include "atlas.selector" . | nindent 4 }}
  ports:
    - { name: http, port: 3001, targetPort: http, protocol: TCP }
    - { name: metrics, port: 9464, targetPort: metrics, protocol: TCP }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .root.Release.Name }}-{{ .component }}
  labels: {{- include "atlas.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "atlas.selector" . | nindent 6 }}
{{- if .scales }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .root.Release.Name }}-{{ .component }}
  labels: {{- include "atlas.labels" . | nindent 4 }}
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: {{ .kind }}, name: {{ .root.Release.Name }}-{{ .component }} }
  minReplicas: {{ .own.autoscaling.minReplicas }}
  maxReplicas: {{ .own.autoscaling.maxReplicas }}
  # A new node builds its views first: not up and down with every burst.
  behavior:
    scaleUp: { stabilizationWindowSeconds: 60 }
    scaleDown: { stabilizationWindowSeconds: 600 }
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: { type: Utilization, averageUtilization: {{ .root.Values.autoscaling.cpuPercent }} }
    - type: Pods
      pods:
        metric: { name: {{ .root.Values.autoscaling.lag.metric }} }
        target: { type: AverageValue, averageValue: {{ .root.Values.autoscaling.lag.target | quote }} }
    - type: Pods
      pods:
        metric: { name: {{ .root.Values.autoscaling.latency.metric }} }
        target: { type: AverageValue, averageValue: {{ .root.Values.autoscaling.latency.target | quote }} }
{{- end }}
{{- end -}}

{{- /* A role that keeps nothing. */ -}}
{{- define "atlas.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .root.Release.Name }}-{{ .component }}
  labels: {{- include "atlas.labels" . | nindent 4 }}
spec:
{{- if not .scales }}
  replicas: {{ .own.replicas }}
{{- end }}
  selector:
    matchLabels: {{- include "atlas.selector" . | nindent 6 }}
  # One after the other, each when the one before is ready.
  strategy:
    type: RollingUpdate
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  template:
    metadata:
      labels: {{- include "atlas.labels" . | nindent 8 }}
    spec: {{- include "atlas.pod" . | nindent 6 }}
{{- end -}}
