"""From a due time or an event to a run that may begin."""
