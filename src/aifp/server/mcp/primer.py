"""The language of directives on one page, for a model that is about to write one."""

PRIMER = """\
A directive says when something happens and what is done. Write YAML (JSON and plain lines work, \
too) in a file below directives/:

```yaml
directives:
  rates_file:
    at: 18:15 on weekdays
    do: GET https://rates.example.net/v1/daily
  freezer_warm:
    if: sensor.freezer is above -12 for 15m
    check: every 2m
    limit: 1/hour
    do: log "The freezer is warm"
  morning:
    at: 07:00
    do:
      - http: GET https://weather.example.net/v1/today
        query: {day: "{{ run.date }}"}
        pick: rain.percent
        save_as: rain
      - if: vars.rain > 60
        do: log "Take the umbrella"
      - wait: 10m
      - http: POST https://hub.example.net/blinds/open
        auth: secret HUB_TOKEN
    retry: 2 times after 30s
    on_failure: {log: "No blinds today: {{ run.error }}"}
```

When: `at: 06:45 on mon, fri`, `at: 2027-03-01 09:00`, `at: sunset - 20m` (with \
`location: {lat, lon}` at the top), `every: 20m between 07:00 and 22:00 on weekdays`, \
`every: day at 08:00`, `every: month on last day at 23:30`, `cron: "15 8-18/2 * * mon-fri"`, \
`on: webhook parcels`, `on: file inbox/*.txt`, `on: event parcel_scanned`, \
`on: state door.front to open for 5m`, `on: value sensor.greenhouse above 28 for 5m`, \
`on: failed nightly_backup`, `on: start`, \
`api: POST /labels/{order}`; `if:` alone is watched; beside a start it is a guard. None of them: \
started by hand.
Do: `http`, `code: function` (your own Python), `wait: 10m`, `set`, `remember` (kept: memory.x), \
`read_file`, `write_file`, `choose`, `if`/`do`/`else`, `repeat`, `parallel`, `stop_unless`, `log`, \
`notify: log`. Any step may have `id`, `if`, `timeout`, `retry`, `on_error: continue`, `save_as`.
Values: `{{ input.x }}`, `vars.x`, `trigger.x`, `run.date`, `steps.ID.json.x`, `memory.x`.
Secrets are named, never written: `auth: secret HUB_TOKEN`; the person sets them with \
`aifp secret set HUB_TOKEN`.
Policies: `mode` (single, restart, queued, parallel), `timeout: 20m`, `retry`, `catch_up` (none, \
`last within 1h`), `limit: 30 per 10 minutes`, `needs: other within 2h`, \
`approve: each run within 6h else skip`, `on_failure`, `on_recovery`."""
