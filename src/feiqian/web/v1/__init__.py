"""What carries the JSON interface under /v1: parse, authenticate, call a feature, render. No rules of the business."""
