{{- define "catalog-sync.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "catalog-sync.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "catalog-sync.workers" -}}
{{ include "catalog-sync.selector" . }}
app.kubernetes.io/component: worker
{{- end -}}

{{- define "catalog-sync.labels" -}}
{{ include "catalog-sync.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "catalog-sync.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "catalog-sync.account" -}}
{{- .Values.serviceAccount.name | default (ternary (include "catalog-sync.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{/* A value of worker.properties as text. Helm reads numbers as floating point, and would write 16777216 as 1.6777216e+07. */}}
{{- define "catalog-sync.text" -}}
{{- if kindIs "float64" . -}}
{{- printf "%.0f" . -}}
{{- else -}}
{{- toString . -}}
{{- end -}}
{{- end -}}

{{/* worker.properties. What the chart must know is said here, everything else by the worker itself (--check). */}}
{{- define "catalog-sync.properties" -}}
{{- $config := .Values.config -}}
{{- $mistakes := list -}}
{{- if not (index $config "kafka.bootstrap.servers") -}}
{{- $mistakes = append $mistakes "config needs kafka.bootstrap.servers, such as kafka-bootstrap:9092" -}}
{{- end -}}
{{- if not (index $config "redis.url") -}}
{{- $mistakes = append $mistakes "config needs redis.url, such as redis://redis:6379/0" -}}
{{- end -}}
{{- if not (index $config "catalog.id") -}}
{{- $mistakes = append $mistakes "config needs catalog.id, the catalog's number as a text, such as \"1234567890\"" -}}
{{- end -}}
{{- if and (ne (toString (index $config "catalog.mode")) "plan-only") (not (index .Values.secretFiles "catalog.token.file")) -}}
{{- $mistakes = append $mistakes "secretFiles needs catalog.token.file: {secret: NAME, key: KEY} of a Secret with the catalog's access token" -}}
{{- end -}}
{{- range $key, $value := $config -}}
{{- if or (hasKey $.Values.secretFiles $key) (hasKey $.Values.secretEnv $key) -}}
{{- $mistakes = append $mistakes (printf "%s stands in config and among the secrets: take it out of config" $key) -}}
{{- else if regexMatch "(token|password|secret|pem|jaas\\.config|oauthbearer\\.config)$" $key -}}
{{- $mistakes = append $mistakes (printf "%s is a secret: name the Secret that holds it in secretFiles or secretEnv" $key) -}}
{{- else if has $key (list "admin.listen" "shutdown.timeout.ms") -}}
{{- $mistakes = append $mistakes (printf "%s follows from adminPort or shutdownTimeoutSeconds: set that instead" $key) -}}
{{- end -}}
{{- end -}}
{{- if $mistakes -}}
{{- printf "\n\n  %s\n" (join "\n  " $mistakes) | fail -}}
{{- end -}}
shutdown.timeout.ms={{ mul (int .Values.shutdownTimeoutSeconds) 1000 }}
{{- range $key, $value := $config }}
{{ $key }}={{ include "catalog-sync.text" $value }}
{{- end }}
{{- range $key, $from := .Values.secretFiles }}
{{ $key }}=/run/secrets/catalog-sync/{{ $key }}
{{- end }}
{{- end -}}

{{/* A key of the configuration, or its default: (list . KEY DEFAULT). Names that a plan-only worker writes under end in .shadow. */}}
{{- define "catalog-sync.key" -}}
{{- $root := index . 0 -}}
{{- index $root.Values.config (index . 1) | default (index . 2) | include "catalog-sync.text" -}}
{{- end -}}

{{- define "catalog-sync.shadowed" -}}
{{- $root := index . 0 -}}
{{- $name := include "catalog-sync.key" . -}}
{{- $plan := eq (toString (index $root.Values.config "catalog.mode")) "plan-only" -}}
{{- ternary (printf "%s.shadow" (trimSuffix ".shadow" $name)) $name $plan -}}
{{- end -}}

{{/* Topics of events, of all catalogs and of one, joined by commas. */}}
{{- define "catalog-sync.eventTopics" -}}
{{- $config := .Values.config -}}
{{- $lists := list -}}
{{- range $key, $value := dict "topic.events" "product-events" "topic.events.bulk" "product-events.bulk" -}}
{{- if not (hasKey $config $key) }}{{ $lists = append $lists $value }}{{ end -}}
{{- end -}}
{{- range $key, $value := $config -}}
{{- if regexMatch "^(|catalog\\.|catalogs\\.[^.]+\\.)topic\\.events(\\.bulk)?$" $key -}}
{{- $lists = append $lists $value -}}
{{- end -}}
{{- end -}}
{{- $topics := list -}}
{{- range splitList "," (join "," $lists) -}}
{{- with trim . }}{{ $topics = append $topics . }}{{ end -}}
{{- end -}}
{{- $topics | uniq | join "," -}}
{{- end -}}

{{- define "catalog-sync.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: {{ include "catalog-sync.text" .Values.podSecurity.runAsUser }}
runAsGroup: {{ include "catalog-sync.text" .Values.podSecurity.runAsGroup }}
fsGroup: {{ include "catalog-sync.text" .Values.podSecurity.fsGroup }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "catalog-sync.securityContext" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* What every container of the worker gets: the port, and secrets that a library takes from no file. The port is no part of
worker.properties, since an image may name one in its environment, which outranks the file. */}}
{{- define "catalog-sync.env" -}}
{{- $port := printf ":%s" (include "catalog-sync.text" .Values.adminPort) -}}
{{- $variables := list (dict "name" "CATALOG_SYNC_ADMIN_LISTEN" "value" $port) -}}
{{- range $key, $from := .Values.secretEnv -}}
{{- $name := printf "CATALOG_SYNC_%s" ($key | upper | replace "." "_" | replace "-" "_") -}}
{{- $variables = append $variables (dict "name" $name "valueFrom" (dict "secretKeyRef" (dict "name" $from.secret "key" $from.key))) -}}
{{- end -}}
{{- toYaml $variables }}
{{- end -}}

{{- define "catalog-sync.mounts" -}}
- name: config
  mountPath: /etc/catalog-sync
  readOnly: true
{{- if .Values.secretFiles }}
- name: secrets
  mountPath: /run/secrets/catalog-sync
  readOnly: true
{{- end }}
{{- end -}}

{{- define "catalog-sync.volumes" -}}
- name: config
  configMap:
    name: {{ include "catalog-sync.fullname" . }}
    defaultMode: 0444
{{- with .Values.secretFiles }}
- name: secrets
  projected:
    defaultMode: 0400
    sources:
      {{- range $key, $from := . }}
      - secret:
          name: {{ $from.secret }}
          items:
            - key: {{ $from.key }}
              path: {{ $key }}
      {{- end }}
{{- end }}
{{- end -}}

{{/* Ports in a list such as kafka-1:9092,kafka-2:9093, each once. */}}
{{- define "catalog-sync.kafkaPorts" -}}
{{- $ports := list -}}
{{- if .Values.networkPolicy.kafkaPorts -}}
{{- range .Values.networkPolicy.kafkaPorts }}{{ $ports = append $ports (include "catalog-sync.text" .) }}{{ end -}}
{{- else -}}
{{- range splitList "," (index .Values.config "kafka.bootstrap.servers" | default "") -}}
{{- $ports = append $ports (regexFind ":[0-9]+$" (trim .) | trimPrefix ":" | default "9092") -}}
{{- end -}}
{{- end -}}
{{- $ports | uniq | join "," -}}
{{- end -}}

{{/* Ports of the catalog API, each once. */}}
{{- define "catalog-sync.apiPorts" -}}
{{- $ports := list (include "catalog-sync.urlPort" (index .Values.config "catalog.base.url" | default "https://graph.facebook.com")) -}}
{{- range $key, $value := .Values.config -}}
{{- if and (hasPrefix "catalogs." $key) (hasSuffix ".base.url" $key) -}}
{{- $ports = append $ports (include "catalog-sync.urlPort" $value) -}}
{{- end -}}
{{- end -}}
{{- $ports | uniq | join "," -}}
{{- end -}}

{{/* The port of a URL: what it says, else the default of its scheme. */}}
{{- define "catalog-sync.urlPort" -}}
{{- $url := urlParse (toString .) -}}
{{- $default := get (dict "https" "443" "http" "80" "redis" "6379" "rediss" "6379") $url.scheme -}}
{{- regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default $default -}}
{{- end -}}
