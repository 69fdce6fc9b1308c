"""The interface for programs: OpenAPI, tokens, problems in one form."""
