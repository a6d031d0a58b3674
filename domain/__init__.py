"""WHAT can happen, and what it means: events, identity rules, story, brief. Pure by rule."""
