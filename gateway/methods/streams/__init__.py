"""From monitored data of an installation to t CO2e: source streams, measurement, PFC, heat and power."""
