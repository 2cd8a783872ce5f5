"""What pages share. Nothing here knows a page."""
