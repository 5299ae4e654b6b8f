// `settingsFilled()` is fulfilled once the settings are what this browser kept. What is put into them before is lost, and
// what is asked before is asked with others.
window.settingsFilled = () => new Promise(go => {
  const look = () => "filled" in document.body.dataset ? setTimeout(go) : setTimeout(look, 50);
  look();
});
