// uWSGI's names, for those that no family of options defines: known, so that a file which has them
// starts and says so, or does not start. A row for a name that has a definition does nothing.
#include <algorithm>
#include <string_view>

#include "compat/options/registry.hpp"

namespace reprise::compat {
namespace {

// `ignored`: a warning says that and why it has no effect. `refused`: what protects, what changes
// the bytes that clients send, and what decides which options there are is not left out in silence.
// Behind a name: '=' takes a value, '?' may take one, "/x" is its short form.
struct Group {
  Support support;
  std::string_view why;
  std::string_view names;
};

// clang-format off
constexpr Group groups[] = {
    {Support::refused, "ignoring it would make the service less safe",
     "pivot-root= pivot_root= immediate-uid= immediate-gid= cap= unshare= unshare2= "
     "setns-socket= setns-socket-skip= setns-skip= setns= setns-preopen jailed namespace= "
     "namespace-keep-mount= ns= namespace-net= ns-net= http-uid= http-gid="},
    {Support::refused,
     "inside of it the program could not start its next self at a reload, nor read its files again: "
     "let RootDirectory= of systemd, or a container, be around all of it",
     "chroot="},
    {Support::refused, "requests would be misread without it",
     "enable-proxy-protocol http-stud-prefix= http-enable-proxy-protocol?"},
    {Support::refused, "one file is one service here: start a Reprise for each vassal",
     "emperor= early-emperor"},
    {Support::refused, "it needs an application framework that is not here",
     "ini-paste= ini-paste-logged="},
    {Support::ignored, "one file is one service here, there is no emperor",
     "emperor-proxy-socket= emperor-wrapper= emperor-wrapper-override= "
     "emperor-wrapper-fallback= emperor-nofollow emperor-procname= emperor-freq= "
     "emperor-required-heartbeat= emperor-curse-tolerance= emperor-pidfile= emperor-tyrant "
     "emperor-tyrant-nofollow emperor-stats= emperor-stats-server= emperor-broodlord= "
     "emperor-throttle= emperor-max-throttle= emperor-magic-exec emperor-on-demand-extension= "
     "emperor-on-demand-ext= emperor-on-demand-directory= emperor-on-demand-dir= "
     "emperor-on-demand-exec= emperor-extra-extension= emperor-extra-ext= emperor-no-blacklist "
     "emperor-use-clone= emperor-graceful-shutdown emperor-cap= vassals-cap= vassal-cap= "
     "imperial-monitor-list imperial-monitors-list vassals-inherit= vassals-include= "
     "vassals-inherit-before= vassals-include-before= vassals-start-hook= vassals-stop-hook= "
     "vassal-sos= vassal-sos-backlog= vassals-set= vassal-set= heartbeat= zerg= zerg-fallback "
     "zerg-server= http-zerg="},
    {Support::ignored, "there is no fastrouter: the http router and the rawrouter take its place",
     "fastrouter= fastrouter-processes= fastrouter-workers= fastrouter-zerg= "
     "fastrouter-use-cache? fastrouter-use-pattern= fastrouter-use-base= fastrouter-fallback= "
     "fastrouter-use-code-string= fastrouter-use-socket? fastrouter-to= fastrouter-gracetime= "
     "fastrouter-events= fastrouter-quiet= fastrouter-cheap fastrouter-subscription-server= "
     "fastrouter-subscription-slot= fastrouter-timeout= fastrouter-post-buffering= "
     "fastrouter-post-buffering-dir= fastrouter-stats= fastrouter-stats-server= fastrouter-ss= "
     "fastrouter-harakiri= fastrouter-uid= fastrouter-gid= fastrouter-resubscribe= "
     "fastrouter-resubscribe-bind= fastrouter-buffer-size= fastrouter-fallback-on-no-key "
     "fastrouter-subscription-fallback-key="},
    {Support::ignored, "there is no sslrouter: https and rawrouter take its place",
     "sslrouter= sslrouter2= sslrouter-session-context= sslrouter-processes= "
     "sslrouter-workers= sslrouter-zerg= sslrouter-use-cache? sslrouter-use-pattern= "
     "sslrouter-use-base= sslrouter-fallback= sslrouter-use-code-string= sslrouter-use-socket? "
     "sslrouter-to= sslrouter-gracetime= sslrouter-events= sslrouter-max-retries= "
     "sslrouter-quiet= sslrouter-cheap sslrouter-subscription-server= sslrouter-timeout= "
     "sslrouter-stats= sslrouter-stats-server= sslrouter-ss= sslrouter-harakiri= sslrouter-sni "
     "sslrouter-buffer-size="},
    {Support::ignored, "there are no spoolers, mules, farms or queues",
     "mule-harakiri= mule-reload-mercy= queue= queue-blocksize= queue-store= queue-store-sync= "
     "spooler=/Q spooler-external= spooler-ordered spooler-chdir= spooler-processes= "
     "spooler-quiet spooler-max-tasks= spooler-harakiri= spooler-frequency= spooler-freq= "
     "mule? mules= farm= mule-msg-size? touch-mules-reload= touch-spoolers-reload= "
     "spooler-import= spooler-pyimport= spooler-py-import= spooler-python-import="},
    {Support::ignored, "there are no signals, timers or shared areas for applications",
     "touch-signal= lock-engine= ftok= persistent-ipcsem sharedarea=/A signal= signal-bufsize= "
     "signals-bufsize= signal-timer= timer= signal-rbtimer= rbtimer= rpc-max= flock= "
     "flock-wait= flock2= flock-wait2= cron= cron2= unique-cron= cron-harakiri= legion-cron= "
     "cron-legion= unique-legion-cron= unique-cron-legion="},
    {Support::ignored, "there is no legion",
     "legion= legion-mcast= legion-node= legion-freq= legion-tolerance= "
     "legion-death-on-lord-error= legion-skew-tolerance= legion-lord= legion-unlord= "
     "legion-setup= legion-death= legion-join= legion-node-joined= legion-node-left= "
     "legion-quorum= legion-scroll= legion-scroll-max-size= legion-scroll-list-max-size= "
     "legion-attach-daemon= legion-smart-attach-daemon= legion-smart-attach-daemon2="},
    {Support::ignored, "it starts no other programs",
     "hook-asap= hook-pre-jail= hook-post-jail= hook-in-jail= hook-as-root= hook-as-user= "
     "hook-as-user-atexit= hook-pre-app= hook-post-app= hook-post-fork= hook-accepting= "
     "hook-accepting1= hook-accepting-once= hook-accepting1-once= hook-master-start= "
     "hook-touch= hook-emperor-start= hook-emperor-stop= hook-emperor-reload= "
     "hook-emperor-lost= hook-as-vassal= hook-as-emperor= hook-as-mule= hook-as-gateway= "
     "after-request-hook= after-request-call= exec-asap= exec-pre-jail= exec-post-jail= "
     "exec-in-jail= exec-as-root= exec-as-user= exec-as-user-atexit= exec-pre-app= "
     "exec-post-app= exec-as-vassal= exec-as-emperor= mount-asap= mount-pre-jail= "
     "mount-post-jail= mount-in-jail= mount-as-root= mount-as-vassal= mount-as-emperor= "
     "umount-asap= umount-pre-jail= umount-post-jail= umount-in-jail= umount-as-root= "
     "umount-as-vassal= umount-as-emperor= wait-for-interface= wait-for-interface-timeout= "
     "wait-interface= wait-interface-timeout= wait-for-iface= wait-for-iface-timeout= "
     "wait-iface= wait-iface-timeout= wait-for-fs= wait-for-file= wait-for-dir= "
     "wait-for-mountpoint= wait-for-fs-timeout= wait-for-socket= wait-for-socket-timeout= "
     "call-asap= call-pre-jail= call-post-jail= call-in-jail= call-as-root= call-as-user= "
     "call-as-user-atexit= call-pre-app= call-post-app= call-as-vassal= call-as-vassal1= "
     "call-as-vassal3= call-as-emperor= call-as-emperor1= call-as-emperor2= call-as-emperor4= "
     "touch-exec= worker-exec= worker-exec2= attach-daemon= attach-control-daemon= "
     "smart-attach-daemon= smart-attach-daemon2= daemons-honour-stdin attach-daemon2="},
    {Support::ignored, "there are no alarms",
     "metric-alarm= alarm-metric= alarm= alarm-cheap= alarm-freq= alarm-fd= alarm-segfault= "
     "segfault-alarm= alarm-backlog= backlog-alarm= lq-alarm= alarm-lq= alarm-listen-queue= "
     "listen-queue-alarm= log-alarm= alarm-log= not-log-alarm= not-alarm-log= alarm-list "
     "alarms-list alarm-msg-size="},
    {Support::ignored, "there are no metrics besides the stats server",
     "memory-report/m enable-metrics metric= metric-threshold= metrics-dir= "
     "metrics-dir-restore metric-dir= metric-dir-restore metrics-no-cores stats-push= "
     "stats-pusher-default-freq= stats-pushers-default-freq= snmp? snmp-community="},
    {Support::ignored, "there are no internal routes: backends answer",
     "log-route= log-req-route= route= route-host= route-uri= route-qs= route-remote-addr= "
     "route-user-agent= route-remote-user= route-referer= route-label= route-if= route-if-not= "
     "route-run= final-route= final-route-status= final-route-host= final-route-uri= "
     "final-route-qs= final-route-remote-addr= final-route-user-agent= "
     "final-route-remote-user= final-route-referer= final-route-label= final-route-if= "
     "final-route-if-not= final-route-run= error-route= error-route-status= error-route-host= "
     "error-route-uri= error-route-qs= error-route-remote-addr= error-route-user-agent= "
     "error-route-remote-user= error-route-referer= error-route-label= error-route-if= "
     "error-route-if-not= error-route-run= response-route= response-route-status= "
     "response-route-host= response-route-uri= response-route-qs= response-route-remote-addr= "
     "response-route-user-agent= response-route-remote-user= response-route-referer= "
     "response-route-label= response-route-if= response-route-if-not= response-route-run= "
     "router-list routers-list error-page-403= error-page-404= error-page-500= add-header= "
     "rem-header= del-header= collect-header= response-header-collect= pull-header= "
     "response-headers-limit="},
    {Support::ignored, "files are served by static-map, static-map2 and check-static alone",
     "upload-progress= check-static= check-static-docroot static-check= static-map= "
     "static-map2= static-skip-ext= static-index= static-safe= static-cache-paths= "
     "static-cache-paths-name= mimefile= mime-file= static-expires-type= "
     "static-expires-type-mtime= static-expires= static-expires-mtime= static-expires-uri= "
     "static-expires-uri-mtime= static-expires-path-info= static-expires-path-info-mtime= "
     "static-gzip= static-gzip-all static-gzip-dir= static-gzip-prefix= static-gzip-ext= "
     "static-gzip-suffix= honour-range offload-threads= offload-thread= file-serve-mode= "
     "fileserve-mode= disable-sendfile"},
    {Support::ignored, "not in this version", "notify-socket="},
    {Support::ignored, "requests are not logged",
     "logformat-strftime log-format-strftime req-logger= logger-req= log-encoder= "
     "log-req-encoder= log-drain= log-filter= log-sendfile= log-ioerror="},
    {Support::ignored, "the log goes to one place: logto, daemonize or standard error",
     "touch-logrotate= touch-logreopen= logto2= logfile-chown logfile-chmod= log-syslog? "
     "log-socket= logger= logger-list loggers-list threaded-logger log-master-bufsize= "
     "log-master-stream log-master-req-stream log-reopen log-truncate log-maxsize= "
     "log-backupname="},
    {Support::ignored, "there is no application inside",
     "harakiri=/t harakiri-verbose harakiri-no-arh no-harakiri-arh no-harakiri-after-req-hook "
     "backtrace-depth= skip-atexit skip-atexit-teardown ignore-sigpipe ignore-write-errors "
     "write-errors-tolerance= write-errors-exception-only disable-write-exception max-vars=/v "
     "max-apps= profiler= cgi-mode/c no-threads-wait single-interpreter/i need-app "
     "max-requests=/R min-worker-lifetime= max-worker-lifetime= max-worker-lifetime-delta= "
     "refork re-fork refork-as-root re-fork-as-root refork-post-jail re-fork-post-jail "
     "reload-on-as= reload-on-rss= evil-reload-on-as= evil-reload-on-rss= mem-collector-freq= "
     "reload-on-fd= brutal-reload-on-fd= touch-workers-reload= touch-chain-reload= limit-post= "
     "cpu-affinity= post-buffering= post-buffering-bufsize= body-read-warning= no-default-app "
     "manage-script-name ignore-script-name catch-exceptions reload-on-exception "
     "reload-on-exception-type= reload-on-exception-value= reload-on-exception-repr= "
     "exception-handler= async= use-abort lazy lazy-apps cheap cheaper= cheaper-initial= "
     "cheaper-algo= cheaper-step= cheaper-overload= cheaper-algo-list cheaper-algos-list "
     "cheaper-list cheaper-rss-limit-soft= cheaper-rss-limit-hard= idle= die-on-idle mount= "
     "worker-mount= thread-stacksize= threads-stacksize= thread-stack-size= "
     "threads-stack-size= vhost vhost-host websockets-ping-freq= websocket-ping-freq= "
     "websockets-pong-tolerance= websocket-pong-tolerance= websockets-max-size= "
     "websocket-max-size= chunked-input-limit= chunked-input-timeout= check-cache? loop= "
     "loop-list loops-list wsgi-file= file= eval= module=/w wsgi=/w callable= test=/J home=/H "
     "virtualenv=/H venv=/H pyhome=/H py-programname= py-program-name= pythonpath= "
     "python-path= pp= pymodule-alias= post-pymodule-alias= import= pyimport= py-import= "
     "python-import= shared-import= shared-pyimport= shared-py-import= shared-python-import= "
     "pyargv= optimize=/O pecan= paste= paste-logger web3= pump= wsgi-lite= reload-os-env "
     "no-site pyshell? pyshell-oneshot? python= py= pyrun= py-tracebacker= py-auto-reload= "
     "py-autoreload= python-auto-reload= python-autoreload= py-auto-reload-ignore= "
     "wsgi-env-behaviour= wsgi-env-behavior= start_response-nodelay wsgi-strict "
     "wsgi-accept-buffer wsgi-accept-buffers wsgi-disable-file-wrapper python-version "
     "python-raw= py-sharedarea= py-call-osafterfork py-call-uwsgi-fork-hooks "
     "python-worker-override= py-executable= py-sys-executable="},
    {Support::ignored, "there is no such listener: http, https and rawrouter are",
     "suwsgi-socket= ssl-socket= http-socket= http-socket-modifier1= http-socket-modifier2= "
     "http11-socket= https-socket= https-socket-modifier1= https-socket-modifier2= "
     "fastcgi-socket= fastcgi-nph-socket= fastcgi-modifier1= fastcgi-modifier2= scgi-socket= "
     "scgi-nph-socket= scgi-modifier1= scgi-modifier2= raw-socket= raw-modifier1= "
     "raw-modifier2= puwsgi-socket= protocol= socket-protocol= shared-socket= "
     "undeferred-shared-socket= chmod-socket?/C chmod?/C chown-socket= "
     "map-socket= udp= multicast= http-use-socket?"},
    {Support::ignored, "an @ in front makes a name abstract: socket = @NAME", "abstract-socket/a"},
    {Support::ignored, "backends are named with http-to",
     "http-fallback= http-use-cache? http-use-pattern= http-use-base= http-use-code-string="},
    {Support::ignored, "not in this version",
     "skip-zero extract= umask= "
     "procname-append= honour-stdin reload-mercy= exit-on-reload force-gateway print-sym= "
      "print-symbol= reaper/r no-fd-passing safe-fd= fd-safe= no-server command-mode "
     "tcp-nodelay so-keepalive so-send-timeout socket-send-timeout so-write-timeout "
     "socket-write-timeout socket-sndbuf= socket-rcvbuf= shutdown-sockets limit-as= "
     "limit-nproc= ksm? pcre-jit never-swap fs-reload= "
     "fs-brutal-reload= fs-signal= check-mountpoint= mountpoint-check= check-mount= "
     "mount-check= propagate-touch prio= check-interval= forkbomb-delay= "
     "binary-path= privileged-binary-patch= unprivileged-binary-patch= "
     "privileged-binary-patch-arg= unprivileged-binary-patch-arg= max-fd= drop-after-init "
     "drop-after-apps force-cwd= binsh= clock= clock-list clocks-list close-on-exec "
     "close-on-exec2 mode= env= envdir= unenv= file-write= cgroup= cgroup-opt= "
     "cgroup-dir-mode= tcp-fast-open= tcp-fastopen= tcp-fast-open-client tcp-fastopen-client "
     "plugins-list plugin-list dlopen= allowed-modifiers= remap-modifier= binary-append-data= "
     "cflags dot-h config-py build-plugin= http-to-https= http-manage-expect? "
     "http-auto-chunked http-auto-gzip http-raw-body http-websockets http-chunked-input "
     "http-harakiri= "
     "http-server-name-as-http-host= http-manage-source http-manage-rtsp"},
};

// What uWSGI acts on as soon as it is read (spec/config/config-language.md 9.1).
constexpr std::string_view immediate =
    "xmlconfig xml config fallback-config strict set set-placeholder set-ph declare-option "
    "resolve for for-glob for-times for-readline endfor end-for if-opt if-not-opt if-env "
    "if-not-env ifenv if-reload if-not-reload if-hostname if-not-hostname if-hostname-match "
    "if-not-hostname-match if-exists if-not-exists ifexists if-plugin if-not-plugin ifplugin "
    "if-file if-not-file if-dir if-not-dir ifdir if-directory endif end-if blacklist "
    "end-blacklist whitelist end-whitelist include inject-before inject-after stop reload "
    "pause suspend resume connect-and-read extract listen umask help usage print-sym "
    "print-symbol spooler-processes signal flock flock-wait flock2 flock-wait2 immediate-uid "
    "immediate-gid ini yaml yml json js command-mode pcre-jit early-envdir plugins plugin "
    "need-plugins need-plugin plugins-dir plugin-dir autoload dlopen binary-append-data "
    "iprint exit cflags dot-h config-py build-plugin ini-paste ini-paste-logged "
    "python-version";
// clang-format on

template <class F>
void for_each_word(std::string_view text, F&& f) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    f(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

Option make_option(const Group& group, std::string_view word) {
  Option option;
  option.support = group.support;
  option.help = group.why;
  if (const std::size_t slash = word.find('/'); slash != std::string_view::npos) {
    option.letter = word.back();
    word = word.substr(0, slash);
  }
  const bool takes = word.ends_with('=');
  const bool may_take = word.ends_with('?');
  option.argument = takes ? Argument::required : may_take ? Argument::optional : Argument::none;
  if (takes || may_take) word.remove_suffix(1);
  option.name = word;
  return option;
}

}  // namespace

std::vector<Option> names_without_effect() {
  std::vector<Option> options;
  for (const Group& group : groups) {
    for_each_word(group.names,
                  [&](std::string_view word) { options.push_back(make_option(group, word)); });
  }
  return options;
}

std::vector<std::string_view> immediate_names() {
  std::vector<std::string_view> names;
  for_each_word(immediate, [&](std::string_view word) { names.push_back(word); });
  return names;
}

}  // namespace reprise::compat
