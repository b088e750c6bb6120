"""What a process needs to run well: pools, shares of places, alarms, metrics, files, logs."""
