// htmx for pages that exchange parts of themselves; load it with {% live_script %} where needed.
import htmx from "htmx.org";

// The policy of the site allows neither inline styles nor evaluated strings.
htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;
