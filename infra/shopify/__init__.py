"""Shopify's Admin GraphQL API, as far as this app speaks it. Every document is a file in infra/graphql.

https://shopify.dev/docs/api/admin-graphql/2026-10
"""
