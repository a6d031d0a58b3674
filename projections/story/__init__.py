"""What a brief is made from: one document for each customer, and the calendars it counts by."""
