"""What reaches us (webhooks, admin calls, pages, the command line) and the recipes it starts."""
