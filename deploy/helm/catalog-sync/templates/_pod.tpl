{{/* The workers' pod, the same in a StatefulSet and in a Deployment. */}}
{{- define "catalog-sync.pod" -}}
metadata:
  labels:
    {{- include "catalog-sync.labels" . | nindent 4 }}
    app.kubernetes.io/component: worker
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/config: {{ include "catalog-sync.properties" . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "catalog-sync.account" . }}
  automountServiceAccountToken: false
  # A Service named catalog-sync would put CATALOG_SYNC_PORT and others into the environment, which the worker takes for its keys.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ add (int .Values.shutdownTimeoutSeconds) 20 }}
  securityContext:
    {{- include "catalog-sync.podSecurityContext" . | nindent 4 }}
  {{- with .Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .Values.topologySpread.enabled }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: {{ $.Values.topologySpread.whenUnsatisfiable }}
      labelSelector:
        matchLabels:
          {{- include "catalog-sync.workers" $ | nindent 10 }}
    {{- end }}
  {{- end }}
  containers:
    - name: worker
      image: {{ include "catalog-sync.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      command: [/usr/bin/catalog-worker]
      args: [--config, /etc/catalog-sync/worker.properties]
      securityContext:
        {{- include "catalog-sync.securityContext" . | nindent 8 }}
      env:
        {{- include "catalog-sync.env" . | nindent 8 }}
        {{- if and (eq .Values.workload.kind "StatefulSet") .Values.workload.staticMembership }}
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
        - name: POD_NAMESPACE
          valueFrom:
            fieldRef:
              fieldPath: metadata.namespace
        # Two namespaces may share a consumer group, and names of pods are unique only within one.
        - name: CATALOG_SYNC_KAFKA_GROUP_INSTANCE_ID
          value: $(POD_NAMESPACE).$(POD_NAME)
        {{- end }}
      ports:
        - name: admin
          containerPort: {{ include "catalog-sync.text" .Values.adminPort }}
          protocol: TCP
      startupProbe:
        httpGet: {path: /livez, port: admin}
        {{- toYaml .Values.probes.startup | nindent 8 }}
      livenessProbe:
        httpGet: {path: /livez, port: admin}
        {{- toYaml .Values.probes.liveness | nindent 8 }}
      readinessProbe:
        httpGet: {path: /readyz, port: admin}
        {{- toYaml .Values.probes.readiness | nindent 8 }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        {{- include "catalog-sync.mounts" . | nindent 8 }}
  volumes:
    {{- include "catalog-sync.volumes" . | nindent 4 }}
{{- end -}}
