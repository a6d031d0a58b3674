"""Topics of Kafka, read by a consumer group: every offset is stored once, or accounted for."""
