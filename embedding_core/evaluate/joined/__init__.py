"""An embedding joined with what else is known of the images."""
