// What a page does better with script; every page reads and works without it.
"use strict";

// Copying words is the most frequent act: one press, and it says that it happened.
for (const button of document.querySelectorAll(".needs-script")) button.hidden = false;
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const said = button.parentElement.querySelector(".said");
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    // No clipboard without https or permission: select the words, so that the keyboard copies them.
    getSelection().selectAllChildren(source);
    document.execCommand("copy");
  }
  if (said) said.textContent = button.dataset.done;
});

// First run: the zone of this browser is the likeliest one; whoever lives elsewhere chooses another.
const zone = document.querySelector("select[data-zone]");
if (zone && zone.value === "UTC") {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...zone.options].some((option) => option.value === here)) zone.value = here;
}
