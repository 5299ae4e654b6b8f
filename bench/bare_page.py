"""The peer of the app's start: an empty Gradio page and nothing else."""

import os

import gradio as gr

with gr.Blocks(analytics_enabled=False) as page:
    gr.Markdown("Nothing here.")

if __name__ == "__main__":
    page.launch(server_port=int(os.environ["PORT"]))
