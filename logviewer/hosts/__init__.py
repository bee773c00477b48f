"""Logs of other hosts: agents answer there what the hub asks here. The optional extra ``hosts``."""
