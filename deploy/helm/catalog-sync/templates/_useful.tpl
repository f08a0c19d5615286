{{/* The query of docs/metrics.md, over the workers of this release: the parts are added up before the least of them is taken. */}}
{{- define "catalog-sync.usefulReplicas" -}}
{{- $of := printf "{namespace=%q,pod=~%q}" .Release.Namespace (printf "%s-.+" (include "catalog-sync.fullname" .)) -}}
ceil(min(
  label_replace(sum(catalog_sync_lagging_partitions{{ $of }}), "bound", "partitions", "", "")
  or
  label_replace(max(min by (catalog) (
    label_replace(sum by (catalog) (catalog_sync_catalog_demand_replicas{{ $of }}), "bound", "demand", "", "")
    or
    label_replace(max by (catalog) (catalog_sync_catalog_budget_replicas{{ $of }}), "bound", "budget", "", "")
  )), "bound", "calls", "", "")
))
{{- end -}}
